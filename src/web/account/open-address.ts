/**
 * Downloads what is at an address, or opens it in a tab of its own: browsers save by this only what is of the page's own
 * origin, and a store elsewhere is not.
 */
export function openAddress(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  document.body.append(link);
  link.click();
  link.remove();
}
