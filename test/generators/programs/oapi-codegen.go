package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"client/generated"
)

func main() {
	url, content, encoded := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	client, err := generated.NewClientWithResponses(url, generated.WithRequestEditorFn(acceptJSON))
	check(err)

	ttl := generated.CreatePayloadJSONBody_Ttl{}
	check(ttl.FromCreatePayloadJSONBodyTtl1("10m"))
	body := generated.CreatePayloadJSONRequestBody{Content: content, MimeType: "application/json", Ttl: &ttl}
	created, err := client.CreatePayloadWithResponse(ctx, nil, body)
	check(err)
	if created.JSON201 == nil {
		log.Fatal(created.Status())
	}
	payload, err := client.ReadPayloadWithResponse(ctx, created.JSON201.HashId, nil)
	check(err)
	if payload.JSON200 == nil {
		log.Fatal(payload.Status())
	}

	sent, err := base64.StdEncoding.DecodeString(encoded)
	check(err)
	uploaded, err := client.UploadWithBodyWithResponse(ctx, nil, "application/octet-stream", bytes.NewReader(sent))
	check(err)
	if uploaded.JSON201 == nil {
		log.Fatal(uploaded.Status())
	}
	raw, err := client.ReadRawWithResponse(ctx, uploaded.JSON201.HashId, nil)
	check(err)

	check(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"content":   payload.JSON200.Content,
		"mime_type": payload.JSON200.MimeType,
		"bytes":     base64.StdEncoding.EncodeToString(raw.Body),
	}))
}

// Without Accept, the response to an upload is the URL as text.
func acceptJSON(_ context.Context, request *http.Request) error {
	request.Header.Set("Accept", "application/json")
	return nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
