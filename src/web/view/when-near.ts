/** The distance from the window at which elements are prepared. */
const margin = '1000px 0px';

let observer: IntersectionObserver | undefined;
const callbacks = new Map<Element, () => void>();
/** Elements that are near the window, and wait for a frame. */
const waiting = new Set<Element>();

/**
 * Calls back once, when an element is near the window. There is one call in each frame, since each may take a while and
 * move the next elements away. Returns a function that cancels it.
 */
export function whenNear(element: Element, callback: () => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      const wasIdle = waiting.size === 0;
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) waiting.add(target);
        else waiting.delete(target);
      }
      if (wasIdle) callNext();
    },
    { rootMargin: margin },
  );
  callbacks.set(element, callback);
  observer.observe(element);
  return () => forget(element);
}

function callNext(): void {
  const [element] = waiting;
  if (element === undefined) return;
  const callback = callbacks.get(element);
  forget(element);
  callback?.();
  if (waiting.size > 0) requestAnimationFrame(callNext);
}

function forget(element: Element): void {
  callbacks.delete(element);
  waiting.delete(element);
  observer?.unobserve(element);
}
