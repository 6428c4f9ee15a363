import { useMemo, useRef, useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import { childrenOf, type JsonNode, nodesToOpen, rowsAtOnce, sizeOf } from './json-tree.ts';
import { viewMessages } from './messages.ts';

/** As many rows are opened at once at most; each can be opened by itself after that. */
const mostRows = 3000;
/** What a tree begins with. */
const firstRows = 60;

type OpenNodes = { nodes: ReadonlySet<JsonNode>; toggle: (node: JsonNode, open?: boolean) => void };

/** JSON as nested lists that open and close: by the mouse, by Enter, and by the arrow keys as trees do. */
export function JsonView({ root }: { root: JsonNode }) {
  const texts = useMessages(viewMessages);
  const tree = useRef<HTMLUListElement>(null);
  const [nodes, setNodes] = useState<ReadonlySet<JsonNode>>(
    () => new Set([root, ...nodesToOpen(root, firstRows)]),
  );
  const toggle = (node: JsonNode, open = !nodes.has(node)) => {
    const changed = new Set(nodes);
    if (open) changed.add(node);
    else changed.delete(node);
    setNodes(changed);
  };
  return (
    <div class="json">
      {sizeOf(root) > 0 && (
        <p class="row">
          <button type="button" class="small" onClick={() => setNodes(nodesToOpen(root, mostRows))}>
            {texts.expandAll}
          </button>
          <button type="button" class="small" onClick={() => setNodes(new Set())}>
            {texts.collapseAll}
          </button>
        </p>
      )}
      <ul ref={tree} class="tree" onKeyDown={(event) => moveFocus(event, tree.current)}>
        <Row value={root} open={{ nodes, toggle }} />
      </ul>
    </div>
  );
}

function Row({ label, value, open }: { label?: string; value: JsonNode; open: OpenNodes }) {
  const texts = useMessages(viewMessages);
  const count = sizeOf(value);
  const key = label !== undefined && <span class="key">{label}</span>;
  if (count === 0)
    return (
      <li>
        <span class="leaf">
          {key}
          <Leaf value={value} />
        </span>
      </li>
    );
  const isOpen = open.nodes.has(value);
  return (
    <li>
      <button type="button" class="branch" aria-expanded={isOpen} onClick={() => open.toggle(value)}>
        {key}
        <span class="count">
          {value.kind === 'array' ? '[ ]' : '{ }'} {texts.items(count)}
        </span>
      </button>
      {isOpen && <Children of={value} open={open} />}
    </li>
  );
}

function Children({ of, open }: { of: JsonNode; open: OpenNodes }) {
  const texts = useMessages(viewMessages);
  const [shown, setShown] = useState(rowsAtOnce);
  const children = useMemo(() => childrenOf(of), [of]);
  const rest = children.length - shown;
  return (
    <ul>
      {children.slice(0, shown).map(({ key, value }, at) => (
        <Row key={at} label={key} value={value} open={open} />
      ))}
      {rest > 0 && (
        <li>
          <button type="button" class="small" onClick={() => setShown(shown + rowsAtOnce * 5)}>
            {texts.more(rest)}
          </button>
        </li>
      )}
    </ul>
  );
}

function Leaf({ value }: { value: JsonNode }) {
  if (value.kind === 'object') return <span>{'{ }'}</span>;
  if (value.kind === 'array') return <span>[ ]</span>;
  if (value.kind === 'string') return <span class="code-string">{JSON.stringify(value.text)}</span>;
  return <span class={value.kind === 'number' ? 'code-number' : 'code-keyword'}>{value.text}</span>;
}

/** Up and down to the next, right to open, left to close or to what it is in (WAI-ARIA, tree view pattern). */
function moveFocus(event: KeyboardEvent, tree: HTMLElement | null): void {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('button.branch') : null;
  if (tree === null || button === null) return;
  const buttons = [...tree.querySelectorAll<HTMLElement>('button.branch')];
  const at = buttons.indexOf(button);
  const isOpen = button.getAttribute('aria-expanded') === 'true';
  const within = button.closest('ul')?.closest('li')?.querySelector<HTMLElement>('button.branch');
  const move: Record<string, (() => void) | undefined> = {
    ArrowDown: () => buttons[at + 1]?.focus(),
    ArrowUp: () => buttons[at - 1]?.focus(),
    ArrowRight: () => (isOpen ? buttons[at + 1]?.focus() : button.click()),
    ArrowLeft: () => (isOpen ? button.click() : within?.focus()),
    Home: () => buttons[0]?.focus(),
    End: () => buttons.at(-1)?.focus(),
  };
  const run = move[event.key];
  if (run === undefined) return;
  event.preventDefault();
  run();
}
