import { useEffect, useRef, useState } from 'preact/hooks';
import { MayflyError } from '../../../client/index.ts';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages } from '../../shell/reader.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { accountMessages } from '../messages.ts';

type UploadProps = { bucket: string; prefix: string; onUploaded: () => void };
type Running = { name: string; share: number; controller: AbortController };

/** Uploads files into a bucket, one after the other. Existing objects are not replaced. */
export function UploadIntoBucket({ bucket, prefix, onUploaded }: UploadProps) {
  const texts = useMessages(accountMessages);
  const { client, announce } = useAccount();
  const describe = useDescribe();
  const input = useRef<HTMLInputElement>(null);
  const [running, setRunning] = useState<Running>();
  const [errorMessages, setErrorMessages] = useState<string[]>([]);
  useEffect(() => {
    if (running === undefined) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [running === undefined]);

  const upload = async (file: File, controller: AbortController) => {
    setRunning({ name: file.name, share: 0, controller });
    try {
      await client.objects.put(bucket, `${prefix}${file.name}`, file, {
        type: file.type || undefined,
        // A file with the same name must not replace an object.
        ifNoneMatch: '*',
        signal: controller.signal,
        onProgress: ({ sent, total = file.size }) =>
          setRunning({ name: file.name, share: total === 0 ? 1 : sent / total, controller }),
      });
      announce(texts.uploaded(file.name));
    } catch (error) {
      if (controller.signal.aborted) return;
      const exists = error instanceof MayflyError && error.status === 412;
      setErrorMessages((old) => [...old, exists ? texts.exists(file.name) : describe(error)]);
    }
  };
  const uploadAll = async (files: File[]) => {
    if (input.current) input.current.value = '';
    setErrorMessages([]);
    const controller = new AbortController();
    for (const file of files) if (!controller.signal.aborted) await upload(file, controller);
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
          <button type="button" class="small" onClick={() => running.controller.abort()}>
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
      {errorMessages.map((errorMessage) => (
        <ErrorMessage key={errorMessage} text={errorMessage} />
      ))}
    </div>
  );
}
