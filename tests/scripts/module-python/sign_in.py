import os

import msal


def token():
    app = msal.ConfidentialClientApplication(os.environ["ID"], client_credential=os.environ["KEY"])
    return app.acquire_token_for_client(scopes=["https://graph.microsoft.com/.default"])["access_token"]
