import { renderToString } from 'preact-render-to-string';
import type { Reference, ReferenceBody, ReferenceField, ReferenceOperation } from './reference.ts';

/** Renders what the page at `/docs` has between its header and its footer. */
export function renderReference({ version, documents, groups }: Reference): string {
  return renderToString(
    <>
      <h1>API of Mayfly {version}</h1>
      <p>
        All operations of this server. For programs:{' '}
        {documents.map(({ name, href }, index) => (
          <>
            {index > 0 && ', '}
            <a href={href}>{name}</a>
          </>
        ))}
        .
      </p>
      <nav class="groups" aria-label="Groups of operations">
        {groups.map(({ name }) => (
          <a href={`#${anchorOf(name)}`}>{name}</a>
        ))}
      </nav>
      {groups.map(({ name, description, operations }) => (
        <section>
          <h2 id={anchorOf(name)}>{name}</h2>
          <p>{description}</p>
          {operations.map((operation) => (
            <Operation {...operation} />
          ))}
        </section>
      ))}
    </>,
  );
}

/** No operation has an id with a hyphen. */
function anchorOf(group: string): string {
  return `group-${group.replaceAll(' ', '-')}`;
}

function Operation(operation: ReferenceOperation) {
  const { id, method, path, summary, description, credentials, parameters, request, responses } = operation;
  return (
    <details class="operation">
      <summary>
        <span class="method">{method}</span> <code>{path}</code> <span class="about">{summary}</span>
      </summary>
      {description && (
        <p>
          <Text text={description} />
        </p>
      )}
      {/* A link to what is inside opens the element. */}
      <p id={id}>Credential: {credentials.join('; or ')}.</p>
      {parameters.length > 0 && <h3>Parameters</h3>}
      <Fields fields={parameters} />
      {request && <h3>Request body</h3>}
      {request && <Body {...request} />}
      <h3>Responses</h3>
      <dl>
        {responses.map(({ status, description: meaning, body }) => (
          <>
            <dt>{status}</dt>
            <dd>
              <p>
                <Text text={meaning} />
              </p>
              {body && <Body {...body} />}
            </dd>
          </>
        ))}
      </dl>
    </details>
  );
}

/** Text with code between backticks, the only Markdown that descriptions have. */
function Text({ text }: { text: string }) {
  return <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>;
}

function Body({ mediaTypes, fields, example }: ReferenceBody) {
  return (
    <>
      <p>
        <code>{mediaTypes.join(', ')}</code>
      </p>
      <Fields fields={fields} />
      {example && <pre>{example}</pre>}
    </>
  );
}

function Fields({ fields }: { fields: ReferenceField[] }) {
  if (fields.length === 0) return null;
  return (
    <dl class="fields">
      {fields.map(({ name, place, type, isRequired, description }) => (
        <>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            <span class="type">{[place, type, isRequired && 'required'].filter(Boolean).join(', ')}</span>{' '}
            <Text text={description} />
          </dd>
        </>
      ))}
    </dl>
  );
}
