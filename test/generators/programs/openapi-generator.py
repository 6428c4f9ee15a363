import base64
import json
import sys

from generated import (
    ApiClient,
    Configuration,
    CreatePayloadRequest,
    CreatePayloadRequestTtl,
    PayloadsApi,
)

url, content, encoded = sys.argv[1:]
payloads = PayloadsApi(ApiClient(Configuration(host=url)))

ttl = CreatePayloadRequestTtl("10m")
request = CreatePayloadRequest(content=content, mime_type="application/json", ttl=ttl)
created = payloads.create_payload(request)
payload = payloads.read_payload(created.hash_id)

uploaded = payloads.upload(base64.b64decode(encoded))
raw = payloads.read_raw(uploaded.hash_id)

read = base64.b64encode(raw).decode()
print(json.dumps({"content": payload.content, "mime_type": payload.mime_type, "bytes": read}))
