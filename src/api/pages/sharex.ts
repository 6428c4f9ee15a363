/**
 * A custom uploader for ShareX (getsharex.com/docs/custom-uploader). ShareX takes the link and what deletes it from the
 * answer. It deletes by opening an address, and only a page can do so with a token in hand: it asks, then deletes.
 */
export function sharexUploader(publicUrl: string) {
  return {
    Version: '17.0.0',
    Name: `Mayfly (${new URL(publicUrl).host})`,
    DestinationType: 'ImageUploader, TextUploader, FileUploader',
    RequestMethod: 'POST',
    RequestURL: `${publicUrl}/`,
    Headers: { Accept: 'application/json' },
    Body: 'MultipartFormData',
    FileFormName: 'file',
    URL: '{json:url}',
    DeletionURL: `${publicUrl}/pastes#delete={json:hash_id}:{json:delete_token}`,
    ErrorMessage: '{json:error}',
  };
}
