import type { ComponentChildren } from 'preact';

export type EntryProps = {
  title: ComponentChildren;
  /** What is known of it; what is empty is left out. */
  facts: (string | false | null | undefined)[];
  /** What can be done with it. */
  children?: ComponentChildren;
};

/** One of a list: its name, what is known of it, and what can be done with it. */
export function Entry({ title, facts, children }: EntryProps) {
  const known = facts.filter((fact) => fact);
  return (
    <li class="entry">
      <div class="what">
        <span class="name">{title}</span>
        {known.length > 0 && (
          <ul class="facts">
            {known.map((fact) => (
              <li key={fact}>{fact}</li>
            ))}
          </ul>
        )}
      </div>
      {children && <div class="does">{children}</div>}
    </li>
  );
}
