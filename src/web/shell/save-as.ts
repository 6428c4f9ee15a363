/** Has the browser save what a page holds as a file. */
export function saveAs(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken it over by the next turn; some take a moment longer.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
