"""Letters between people: format, mailbox, delivery states, times of arrival."""

from starlight.messages.delivery import Certainty, DeliveryState, Fact, Leg, Received, Sent, facts, standing
from starlight.messages.forecast import Forecaster, Lateness, Prediction, Reason, Silence
from starlight.messages.letter import Letter, Receipt, ReceiptFact, Telemetry, decode_message
from starlight.messages.mailbox import Mailbox, MailboxLimits
from starlight.messages.postoffice import LETTER_LIFETIME, TELEMETRY_LIFETIME, PostOffice
from starlight.messages.requests import Close, Open, Post, Recall, Request, Save, Say

__all__ = [
    "LETTER_LIFETIME",
    "TELEMETRY_LIFETIME",
    "Certainty",
    "Close",
    "DeliveryState",
    "Fact",
    "Forecaster",
    "Lateness",
    "Leg",
    "Letter",
    "Mailbox",
    "MailboxLimits",
    "Open",
    "Post",
    "PostOffice",
    "Prediction",
    "Reason",
    "Recall",
    "Receipt",
    "ReceiptFact",
    "Received",
    "Request",
    "Save",
    "Say",
    "Sent",
    "Silence",
    "Telemetry",
    "decode_message",
    "facts",
    "standing",
]
