# AUTH: both
import os

import requests
from azure.identity import ClientSecretCredential, InteractiveBrowserCredential

ROOT = "https://graph.microsoft.com/beta"


def sign_in(unattended):
    if unattended:
        return ClientSecretCredential(os.environ["TENANT"], os.environ["CLIENT"], os.environ["SECRET"])
    return InteractiveBrowserCredential()


def run(unattended, script):
    token = sign_in(unattended).get_token("https://graph.microsoft.com/.default").token
    requests.delete(f"{ROOT}/deviceManagement/deviceHealthScripts/{script}", headers={"Authorization": f"Bearer {token}"})  # MAA: script delete
