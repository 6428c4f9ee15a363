import { fileItem } from './file-item.ts';
import type { Item } from './upload.ts';

/** The files of a drop or a paste, those in folders too. To be called within the event, which holds them no longer. */
export async function itemsOf(transfer: DataTransfer): Promise<Item[]> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = await Promise.all(
    entries.map(({ entry, file }) => {
      if (entry?.isDirectory) return filesIn(entry as FileSystemDirectoryEntry);
      return file === null ? [] : [fileItem(file, file.name)];
    }),
  );
  return found.flat();
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<Item[]> {
  const reader = folder.createReader();
  const found: Item[] = [];
  for (;;) {
    // Entries come in portions, until one is empty.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return found;
    for (const entry of entries)
      found.push(
        ...(entry.isDirectory ? await filesIn(entry as FileSystemDirectoryEntry) : await itemAt(entry)),
      );
  }
}

async function itemAt(entry: FileSystemEntry): Promise<Item[]> {
  const file = await new Promise<File>((resolve, reject) =>
    (entry as FileSystemFileEntry).file(resolve, reject),
  );
  return [fileItem(file, entry.fullPath.replace(/^\//, ''))];
}
