"""Letters between people: format, mailbox, delivery states, times of arrival."""

from starlight.messages.delivery import Certainty, DeliveryState, Fact, Leg, Received, Sent, facts, standing
from starlight.messages.forecast import Forecaster, Prediction
from starlight.messages.lateness import Lateness
from starlight.messages.letter import Letter, Receipt, ReceiptFact, Telemetry, decode_message
from starlight.messages.mailbox import Mailbox, MailboxLimits
from starlight.messages.postoffice import LETTER_LIFETIME, TELEMETRY_LIFETIME, PostOffice
from starlight.messages.silence import Silence

__all__ = [
    "LETTER_LIFETIME",
    "TELEMETRY_LIFETIME",
    "Certainty",
    "DeliveryState",
    "Fact",
    "Forecaster",
    "Lateness",
    "Leg",
    "Letter",
    "Mailbox",
    "MailboxLimits",
    "PostOffice",
    "Prediction",
    "Receipt",
    "ReceiptFact",
    "Received",
    "Sent",
    "Silence",
    "Telemetry",
    "decode_message",
    "facts",
    "standing",
]
