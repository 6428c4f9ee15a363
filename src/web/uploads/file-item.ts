import { fitFileName } from '../../naming/file-name.ts';
import type { Item } from './upload.ts';

/** Makes an item of a file, with a name that the server accepts. */
export function fileItem(file: File, path = file.webkitRelativePath || file.name): Item {
  return { content: file, name: fitFileName(file.name), path, type: file.type || undefined };
}
