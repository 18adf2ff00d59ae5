"""What AWS has under every call and the emulator has not: TLS."""

from ministack import app
from ministack.core import iam_evaluator


def fill():
    """Patches the emulator in this process, before it starts."""
    # A policy that denies what comes without TLS would deny everything here: calls stay on the loopback interface.
    app.pin_request_origin = lambda source_ip, _secure: iam_evaluator.pin_request_origin(source_ip, True)
