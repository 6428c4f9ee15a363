import { useEffect, useRef, useState } from 'preact/hooks';
import { type Dropped, itemsOf } from '../uploads/dropped-files.ts';

/**
 * Handles files that are dropped anywhere on the page, or pasted.
 *
 * @returns whether files are being dragged over the page
 */
export function useDrop(onDrop: (dropped: Dropped) => void): boolean {
  const [isDragging, setDragging] = useState(false);
  const listener = useRef(onDrop);
  listener.current = onDrop;
  useEffect(() => {
    const controller = new AbortController();
    const on = <Name extends keyof WindowEventMap>(
      name: Name,
      handler: (event: WindowEventMap[Name]) => void,
    ) => addEventListener(name, handler, controller);
    const collect = (transfer: DataTransfer) =>
      itemsOf(transfer).then((dropped) => listener.current(dropped));
    on('dragover', (event) => {
      if (!hasFiles(event.dataTransfer)) return;
      // Without this the browser would open the file in place of the page.
      event.preventDefault();
      setDragging(true);
    });
    on('dragleave', (event) => {
      // The event fires for every element. There is no related target when the pointer leaves the window.
      if (event.relatedTarget === null) setDragging(false);
    });
    on('drop', (event) => {
      setDragging(false);
      if (!hasFiles(event.dataTransfer) || event.dataTransfer === null) return;
      event.preventDefault();
      void collect(event.dataTransfer);
    });
    on('paste', (event) => {
      const { clipboardData, target } = event;
      if (clipboardData === null || !hasFiles(clipboardData)) return;
      // Office programs put a picture beside copied text. In a text field, the text is wanted.
      const isWriting = target instanceof HTMLElement && target.matches('textarea, input');
      if (isWriting && clipboardData.types.includes('text/plain')) return;
      event.preventDefault();
      void collect(clipboardData);
    });
    return () => controller.abort();
  }, []);
  return isDragging;
}

function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}
