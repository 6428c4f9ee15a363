type Event = { at: number; run: () => void };

/** The events of a simulation in the order of their times; those of one time in the order in which they were added. */
export class Events {
  now = 0;
  /** A binary heap. */
  readonly #heap: (Event & { order: number })[] = [];
  #added = 0;

  /** Runs `run` after `delay`, in the unit of `now`. */
  after(delay: number, run: () => void): void {
    const heap = this.#heap;
    let place = heap.length;
    const event = { at: this.now + delay, order: this.#added++, run };
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent] as Ordered, event)) break;
      heap[place] = heap[parent] as Event & { order: number };
      place = parent;
    }
    heap[place] = event;
  }

  /** Runs all events up to a time. */
  runUntil(end: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event & { order: number };
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Ordered, heap[child] as Ordered)) child += 1;
      if (isBefore(last, heap[child] as Ordered)) break;
      heap[place] = heap[child] as Event & { order: number };
      place = child;
    }
    heap[place] = last;
  }
}

type Ordered = { at: number; order: number };

function isBefore(one: Ordered, other: Ordered): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Servers that take one job each, and a queue in front of them. */
export class Servers {
  readonly #events: Events;
  readonly #waiting: { duration: number; done: () => void }[] = [];
  #free: number;
  /** The time that all of them worked. */
  busy = 0;

  constructor(events: Events, count: number) {
    this.#events = events;
    this.#free = count;
  }

  /** Runs a job of this duration as soon as a server is free. */
  serve(duration: number, done: () => void): void {
    this.#waiting.push({ duration, done });
    this.#start();
  }

  #start(): void {
    if (this.#free === 0) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#free -= 1;
    this.busy += job.duration;
    this.#events.after(job.duration, () => {
      this.#free += 1;
      job.done();
      this.#start();
    });
  }
}
