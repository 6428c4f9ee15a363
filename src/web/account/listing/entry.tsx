import type { ComponentChildren } from 'preact';

export type EntryProps = {
  title: ComponentChildren;
  /** Details; empty ones are left out. */
  facts: (string | false | null | undefined)[];
  /** The actions on the entry. */
  children?: ComponentChildren;
};

/** An entry of a list: its title, details and actions. */
export function Entry({ title, facts, children }: EntryProps) {
  const shown = facts.filter((fact) => fact);
  return (
    <li class="entry">
      <div class="what">
        <span class="name">{title}</span>
        {shown.length > 0 && (
          <ul class="facts">
            {shown.map((fact) => (
              <li key={fact}>{fact}</li>
            ))}
          </ul>
        )}
      </div>
      {children && <div class="does">{children}</div>}
    </li>
  );
}
