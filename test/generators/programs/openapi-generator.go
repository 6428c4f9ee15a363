package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"os"

	"client/generated"
)

func main() {
	url, content, encoded := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	configuration := generated.NewConfiguration()
	configuration.Servers = generated.ServerConfigurations{{URL: url}}
	payloads := generated.NewAPIClient(configuration).PayloadsAPI

	ttl := "10m"
	request := generated.NewCreatePayloadRequest(content, "application/json")
	request.SetTtl(generated.CreatePayloadRequestTtl{String: &ttl})
	created, _, err := payloads.CreatePayload(ctx).CreatePayloadRequest(*request).Execute()
	check(err)
	payload, _, err := payloads.ReadPayload(ctx, created.HashId).Execute()
	check(err)

	// Bytes are files to this generator.
	sent, err := base64.StdEncoding.DecodeString(encoded)
	check(err)
	check(os.WriteFile("sent", sent, 0o600))
	file, err := os.Open("sent")
	check(err)
	uploaded, _, err := payloads.Upload(ctx).Body(file).Execute()
	check(err)
	raw, _, err := payloads.ReadRaw(ctx, uploaded.HashId).Execute()
	check(err)
	received, err := io.ReadAll(raw)
	check(err)

	check(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"content":   payload.Content,
		"mime_type": payload.MimeType,
		"bytes":     base64.StdEncoding.EncodeToString(received),
	}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
