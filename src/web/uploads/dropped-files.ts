import { fileItem } from './file-item.ts';
import type { Item } from './upload.ts';

/** The dropped files, and the number of files and folders that are missing or that the user may not read. */
export type Dropped = { items: Item[]; unreadable: number };

/** The files of a drop or a paste, including those in folders. Call it in the event handler: the data is gone later. */
export async function itemsOf(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const dropped: Dropped = { items: [], unreadable: 0 };
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) await addFolder(entry as FileSystemDirectoryEntry, dropped);
    else if (file !== null) dropped.items.push(fileItem(file, file.name));
  }
  return dropped;
}

async function addFolder(folder: FileSystemDirectoryEntry, dropped: Dropped): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // `readEntries` returns a part of the entries at a time, and none at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => {
        dropped.unreadable += 1;
        resolve([]);
      }),
    );
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (entry.isDirectory) await addFolder(entry as FileSystemDirectoryEntry, dropped);
      else await addFile(entry as FileSystemFileEntry, dropped);
    }
  }
}

async function addFile(entry: FileSystemFileEntry, dropped: Dropped): Promise<void> {
  try {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    dropped.items.push(fileItem(file, entry.fullPath.replace(/^\//, '')));
  } catch {
    dropped.unreadable += 1;
  }
}
