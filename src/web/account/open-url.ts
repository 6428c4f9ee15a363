/**
 * Downloads a URL, or opens it in a new tab: browsers ignore `download` for other origins, such as that of an S3 store.
 */
export function openUrl(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  document.body.append(link);
  link.click();
  link.remove();
}
