import { useEffect, useRef, useState } from 'preact/hooks';
import { MayflyError } from '../../client/index.ts';
import { useMessages } from '../shell/reader.ts';
import { useAccount, useDescribe } from './account-context.ts';
import { accountMessages } from './messages.ts';

type UploadProps = { bucket: string; prefix: string; onUploaded: () => void };
type Running = { name: string; share: number; ending: AbortController };

/** Puts files into a bucket, one after the other. What is there already is left as it is. */
export function UploadIntoBucket({ bucket, prefix, onUploaded }: UploadProps) {
  const texts = useMessages(accountMessages);
  const { client, say } = useAccount();
  const describe = useDescribe();
  const input = useRef<HTMLInputElement>(null);
  const [running, setRunning] = useState<Running>();
  const [problems, setProblems] = useState<string[]>([]);
  useEffect(() => {
    if (running === undefined) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [running === undefined]);

  const upload = async (file: File, ending: AbortController) => {
    setRunning({ name: file.name, share: 0, ending });
    try {
      await client.objects.put(bucket, `${prefix}${file.name}`, file, {
        type: file.type || undefined,
        // Nobody is to lose what is there by the name of a file.
        ifNoneMatch: '*',
        signal: ending.signal,
        onProgress: ({ sent, total = file.size }) =>
          setRunning({ name: file.name, share: total === 0 ? 1 : sent / total, ending }),
      });
      say(texts.uploaded(file.name));
    } catch (error) {
      if (ending.signal.aborted) return;
      const isThere = error instanceof MayflyError && error.status === 412;
      setProblems((old) => [...old, isThere ? texts.isThere(file.name) : describe(error)]);
    }
  };
  const uploadAll = async (files: File[]) => {
    if (input.current) input.current.value = '';
    setProblems([]);
    const ending = new AbortController();
    for (const file of files) if (!ending.signal.aborted) await upload(file, ending);
    setRunning(undefined);
    if (files.length > 0) onUploaded();
  };
  return (
    <div class="upload-into">
      {running ? (
        <div class="row">
          <label class="running">
            {texts.uploading(running.name)}
            <progress value={running.share} max={1} />
          </label>
          <button type="button" class="small" onClick={() => running.ending.abort()}>
            {texts.cancel}
          </button>
        </div>
      ) : (
        <button type="button" onClick={() => input.current?.click()}>
          {texts.upload}
        </button>
      )}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={texts.upload}
        onChange={(event) => uploadAll([...(event.currentTarget.files ?? [])])}
      />
      {problems.map((problem) => (
        <p key={problem} class="problem" role="alert">
          {problem}
        </p>
      ))}
    </div>
  );
}
