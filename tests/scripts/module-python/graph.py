import requests

from .sign_in import token

BASE = "https://graph.microsoft.com/beta"


def call(verb, place, body=None):
    return _send(verb, f"{BASE}/{place}", body)


def _send(verb, url, body):
    return requests.request(verb, url, json=body, headers={"Authorization": "Bearer " + token()})


def forget_role(key):
    return call("DELETE", f"deviceManagement/roleDefinitions/{key}")  # MAA: role delete
