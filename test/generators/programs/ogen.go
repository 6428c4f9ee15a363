package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"os"
	"strings"

	"client/generated"

	"github.com/ogen-go/ogen/ogenerrors"
)

func main() {
	url, content, encoded := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	client, err := generated.NewClient(url, noCredentials{})
	check(err)

	request := &generated.CreatePayloadReq{Content: content, MimeType: "application/json"}
	request.TTL.SetTo(generated.NewStringCreatePayloadReqTTL("10m"))
	created, err := client.CreatePayload(ctx, request, generated.CreatePayloadParams{})
	check(err)
	id := created.(*generated.CreatePayloadCreatedHeaders).Response.HashID
	read, err := client.ReadPayload(ctx, generated.ReadPayloadParams{HashID: id})
	check(err)
	payload := read.(*generated.PayloadHeaders).Response

	sent, err := base64.StdEncoding.DecodeString(encoded)
	check(err)
	uploaded, err := client.Upload(ctx, generated.UploadReq{Data: bytes.NewReader(sent)}, generated.UploadParams{})
	check(err)
	// The client sends no Accept, so that the response is the URL as text.
	address, err := io.ReadAll(uploaded.(*generated.UploadCreatedTextPlainHeaders).Response)
	check(err)
	id = strings.TrimSpace(string(address[bytes.LastIndexByte(address, '/')+1:]))
	raw, err := client.ReadRaw(ctx, generated.ReadRawParams{HashID: id})
	check(err)
	received, err := io.ReadAll(raw.(*generated.ReadRawOKHeaders).Response)
	check(err)

	check(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"content":   payload.Content,
		"mime_type": payload.MimeType,
		"bytes":     base64.StdEncoding.EncodeToString(received),
	}))
}

// Creating a payload needs no credential, but the client asks for each that is accepted.
type noCredentials struct{ generated.SecuritySource }

func (noCredentials) PayloadKey(context.Context, generated.OperationName) (key generated.PayloadKey, err error) {
	return key, ogenerrors.ErrSkipClientSecurity
}

func (noCredentials) StorageKey(context.Context, generated.OperationName) (key generated.StorageKey, err error) {
	return key, ogenerrors.ErrSkipClientSecurity
}

func (noCredentials) CreationKey(context.Context, generated.OperationName) (key generated.CreationKey, err error) {
	return key, ogenerrors.ErrSkipClientSecurity
}

func (noCredentials) CreationPassword(context.Context, generated.OperationName) (key generated.CreationPassword, err error) {
	return key, ogenerrors.ErrSkipClientSecurity
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
