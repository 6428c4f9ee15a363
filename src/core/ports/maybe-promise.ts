/** A result that is there at once if that is possible, for example from a cache. `await` takes both forms. */
export type MaybePromise<T> = T | Promise<T>;

/** Continues with a result, now or when its promise resolves. A call without a promise may throw. */
export function andThen<T, Result>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
