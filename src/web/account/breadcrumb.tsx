import { useMessages } from '../shell/reader.ts';
import { accountMessages } from './messages.ts';
import { fragmentOf } from './use-fragment.ts';

/** The path to a folder, with a link for each step except the last. */
export function Breadcrumb({ bucket, prefix }: { bucket: string; prefix: string }) {
  const texts = useMessages(accountMessages);
  const folders = prefix.match(/[^/]*\//g) ?? [];
  const steps = [
    { name: texts.allBuckets, href: fragmentOf('buckets') },
    { name: bucket, href: fragmentOf('buckets', bucket) },
    ...folders.map((name, index) => ({
      name,
      href: fragmentOf('buckets', bucket, folders.slice(0, index + 1).join('')),
    })),
  ];
  return (
    <nav class="where" aria-label={texts.place}>
      <ol>
        {steps.map(({ name, href }, index) => (
          <li key={href}>
            {index === steps.length - 1 ? <span aria-current="page">{name}</span> : <a href={href}>{name}</a>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
