import base64
import json
import sys
from io import BytesIO

from generated.api.payloads import create_payload, read_payload, read_raw, upload
from generated.client import Client
from generated.models import CreatedPayload, CreatePayloadBody, Payload
from generated.types import File

url, content, encoded = sys.argv[1:]
# Without Accept, the response to an upload is the URL as text, which the generator does not know.
client = Client(base_url=url, headers={"Accept": "application/json"}, raise_on_unexpected_status=True)
# The generator does not know optional security: here it asks for a client with a token.

body = CreatePayloadBody(content=content, mime_type="application/json", ttl="10m")
created = create_payload.sync(client=client, body=body)  # type: ignore[arg-type]
assert isinstance(created, CreatedPayload), created
payload = read_payload.sync(created.hash_id, client=client)
assert isinstance(payload, Payload), payload

file = File(payload=BytesIO(base64.b64decode(encoded)))
uploaded = upload.sync(client=client, body=file)  # type: ignore[arg-type]
assert isinstance(uploaded, CreatedPayload), uploaded
raw = read_raw.sync(uploaded.hash_id, client=client)
assert isinstance(raw, File), raw

read = base64.b64encode(raw.payload.read()).decode()
print(json.dumps({"content": payload.content, "mime_type": payload.mime_type, "bytes": read}))
