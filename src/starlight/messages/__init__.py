"""Letters between people: format, mailbox, delivery states, times of arrival."""

from starlight.messages.delivery import Certainty, Fact, Leg, Received, Sent, State, facts, standing
from starlight.messages.forecast import Lateness, Outlook, Prediction, Reason, Silence
from starlight.messages.letter import Letter, Receipt, ReceiptFact, Telemetry, decode_message
from starlight.messages.mailbox import Limits, Mailbox
from starlight.messages.postoffice import LETTER_LIFETIME, TELEMETRY_LIFETIME, PostOffice
from starlight.messages.requests import Close, Open, Post, Recall, Request, Save, Say

__all__ = [
    "LETTER_LIFETIME",
    "TELEMETRY_LIFETIME",
    "Certainty",
    "Close",
    "Fact",
    "Lateness",
    "Leg",
    "Letter",
    "Limits",
    "Mailbox",
    "Open",
    "Outlook",
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
    "State",
    "Telemetry",
    "decode_message",
    "facts",
    "standing",
]
