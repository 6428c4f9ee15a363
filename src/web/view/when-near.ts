/** How far below and above the window something is prepared to be seen. */
const margin = '1000px 0px';

let observer: IntersectionObserver | undefined;
const callbacks = new Map<Element, () => void>();

/** Calls back once, when an element comes near to what is in the window. Returns what ends the waiting. */
export function whenNear(element: Element, callback: () => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) tell(target);
    },
    { rootMargin: margin },
  );
  callbacks.set(element, callback);
  observer.observe(element);
  return () => forget(element);
}

function tell(element: Element): void {
  const callback = callbacks.get(element);
  forget(element);
  callback?.();
}

function forget(element: Element): void {
  callbacks.delete(element);
  observer?.unobserve(element);
}
