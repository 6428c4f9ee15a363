import { useMemo, useRef, useState } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { withMarks } from '../code/direction-controls.tsx';
import { viewMessages } from '../messages.ts';
import { sourceMessages } from '../source-messages.ts';
import { initialRows, type JsonNode, type JsonTree } from './json-tree.ts';

/** The maximum of rows that "Expand all" shows. */
const maxRows = 3000;
/** The rows that are shown at first. */
const firstRows = 60;
/** The length of a key or value that is shown until the reader asks for more (characters). */
const initialLength = 500;

type OpenNodes = { nodes: ReadonlySet<JsonNode>; toggle: (node: JsonNode, open?: boolean) => void };

/** JSON as a tree whose nodes open and close by mouse, Enter and arrow keys. */
export function JsonView({ tree }: { tree: JsonTree }) {
  const texts = useMessages(viewMessages);
  const warnings = useMessages(sourceMessages);
  const list = useRef<HTMLUListElement>(null);
  const [nodes, setNodes] = useState<ReadonlySet<JsonNode>>(
    () => new Set([tree.root, ...tree.nodesToOpen(firstRows)]),
  );
  const toggle = (node: JsonNode, open = !nodes.has(node)) => {
    const changed = new Set(nodes);
    if (open) changed.add(node);
    else changed.delete(node);
    setNodes(changed);
  };
  return (
    <div class="json">
      {tree.hasDirectionControls && <p class="notice-line">{warnings.directionControls}</p>}
      {tree.sizeOf(tree.root) > 0 && (
        <p class="row">
          <button type="button" class="small" onClick={() => setNodes(tree.nodesToOpen(maxRows))}>
            {texts.expandAll}
          </button>
          <button type="button" class="small" onClick={() => setNodes(new Set())}>
            {texts.collapseAll}
          </button>
        </p>
      )}
      <ul ref={list} class="tree" onKeyDown={(event) => moveFocus(event, list.current)}>
        <Row tree={tree} node={tree.root} open={{ nodes, toggle }} />
      </ul>
    </div>
  );
}

type RowProps = { tree: JsonTree; node: JsonNode; label?: string; open: OpenNodes };

function Row({ tree, node, label, open }: RowProps) {
  const texts = useMessages(viewMessages);
  const count = tree.sizeOf(node);
  const key = label !== undefined && <span class="key">{withMarks(label)}</span>;
  if (count === 0)
    return (
      <li>
        <span class="leaf">
          {key}
          <Leaf tree={tree} node={node} />
        </span>
      </li>
    );
  const isOpen = open.nodes.has(node);
  return (
    <li>
      <button type="button" class="branch" aria-expanded={isOpen} onClick={() => open.toggle(node)}>
        {key}
        <span class="count">
          {tree.kindOf(node) === 'array' ? '[ ]' : '{ }'} {texts.items(count)}
        </span>
      </button>
      {isOpen && <Children tree={tree} node={node} open={open} />}
    </li>
  );
}

function Children({ tree, node, open }: RowProps) {
  const texts = useMessages(viewMessages);
  const [shown, setShown] = useState(initialRows);
  const children = useMemo(() => tree.childrenOf(node, shown), [tree, node, shown]);
  const rest = tree.sizeOf(node) - shown;
  return (
    <ul>
      {children.map((child, at) => (
        <Row
          key={child}
          tree={tree}
          node={child}
          label={shortened(tree.keyOf(child) ?? String(at))}
          open={open}
        />
      ))}
      {rest > 0 && (
        <li>
          <button type="button" class="small" onClick={() => setShown(shown + initialRows * 5)}>
            {texts.more(rest)}
          </button>
        </li>
      )}
    </ul>
  );
}

/** Longer keys are cut. The source shows them in full. */
function shortened(key: string): string {
  return key.length > initialLength ? `${key.slice(0, initialLength)}…` : key;
}

function Leaf({ tree, node }: { tree: JsonTree; node: JsonNode }) {
  const texts = useMessages(viewMessages);
  const [shown, setShown] = useState(initialLength);
  const kind = tree.kindOf(node);
  const text = useMemo(() => tree.textOf(node), [tree, node]);
  if (kind === 'object') return <span>{'{ }'}</span>;
  if (kind === 'array') return <span>[ ]</span>;
  const colour = { string: 'code-string', number: 'code-number', literal: 'code-keyword' }[kind];
  return (
    <>
      <span class={colour}>{withMarks(text.slice(0, shown))}</span>
      {text.length > shown && (
        <button type="button" class="small" onClick={() => setShown(shown + initialLength * 40)}>
          {texts.more(text.length - shown)}
        </button>
      )}
    </>
  );
}

/** Up and down move, right opens, left closes or moves to the parent (WAI-ARIA, tree view pattern). */
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
