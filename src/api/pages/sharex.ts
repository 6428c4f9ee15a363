/**
 * A custom uploader for ShareX (getsharex.com/docs/custom-uploader). ShareX takes the link and the deletion URL from
 * the response. It deletes by opening that URL in a browser, so it leads to a page that asks first.
 */
export function sharexUploader(publicUrl: string, anonymousCreate: boolean) {
  return {
    Version: '17.0.0',
    Name: `Mayfly (${new URL(publicUrl).host})`,
    DestinationType: 'ImageUploader, TextUploader, FileUploader',
    RequestMethod: 'POST',
    RequestURL: `${publicUrl}/`,
    // If the server requires a key, users enter theirs after the import.
    Headers: { Accept: 'application/json', ...(!anonymousCreate && { Authorization: 'Bearer pl_live_…' }) },
    Body: 'MultipartFormData',
    FileFormName: 'file',
    URL: '{json:url}',
    DeletionURL: `${publicUrl}/pastes#delete={json:hash_id}:{json:delete_token}`,
    ErrorMessage: '{json:error}',
  };
}
