/**
 * A custom uploader for ShareX (getsharex.com/docs/custom-uploader). ShareX takes the link and what deletes it from the
 * answer. It deletes by opening an address, and only a page can do so with a token in hand: it asks, then deletes.
 */
export function sharexUploader(publicUrl: string, anonymousCreate: boolean) {
  return {
    Version: '17.0.0',
    Name: `Mayfly (${new URL(publicUrl).host})`,
    DestinationType: 'ImageUploader, TextUploader, FileUploader',
    RequestMethod: 'POST',
    RequestURL: `${publicUrl}/`,
    // Where a key is needed, users put their own in after the import.
    Headers: { Accept: 'application/json', ...(!anonymousCreate && { Authorization: 'Bearer pl_live_…' }) },
    Body: 'MultipartFormData',
    FileFormName: 'file',
    URL: '{json:url}',
    DeletionURL: `${publicUrl}/pastes#delete={json:hash_id}:{json:delete_token}`,
    ErrorMessage: '{json:error}',
  };
}
