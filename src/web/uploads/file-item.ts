import { fitFileName } from '../../naming/file-name.ts';
import type { Item } from './upload.ts';

/** A file as it is shared: under a name that the server accepts. */
export function fileItem(file: File, path = file.webkitRelativePath || file.name): Item {
  return { content: file, name: fitFileName(file.name), path, type: file.type || undefined };
}
