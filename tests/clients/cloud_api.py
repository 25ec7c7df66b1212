"""The Cloud API by tencentcloud-sdk-python: calls by the names of actions, and the codes of errors."""

import json

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from checks import account, equal, truthy

SECRET_ID, SECRET_KEY, REGION, APPID = account()
OWNER = credential.Credential(SECRET_ID, SECRET_KEY)


class CloudApi:
    """One service: its client, with the module of its requests."""

    def __init__(self, client, models):
        self.client = client(OWNER, REGION)
        self.models = models

    def do(self, action, **parameters):
        """Calls an action with a request of its class."""
        request = getattr(self.models, f"{action}Request")()
        request.from_json_string(json.dumps(parameters))
        return getattr(self.client, action)(request)

    def refused(self, code, action, **parameters):
        """Fails unless the call is refused with this code and names the request; answers the message."""
        try:
            self.do(action, **parameters)
        except TencentCloudSDKException as error:
            equal(error.get_code(), code)
            truthy(error.get_request_id(), "a request id")
            return error.get_message()
        raise AssertionError(f"no {code}")
