# AUTH: app
# No word of Intune: only what it imports has one.
from .graph import forget_role


def night(keys):
    for key in keys:
        forget_role(key)  # MAA: role delete
