import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import { useDescribe } from './account-context.ts';
import { accountMessages } from './messages.ts';

type CreationProps = {
  heading: string;
  /** Makes it of the form's fields. What it rejects with is told below them. */
  onCreate: (fields: FormData) => Promise<void>;
  children: ComponentChildren;
};

/** A small form that makes one more of a list; it is empty again when that has worked. */
export function CreationForm({ heading, onCreate, children }: CreationProps) {
  const texts = useMessages(accountMessages);
  const describe = useDescribe();
  const id = useId();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setBusy(true);
    setProblem(undefined);
    try {
      await onCreate(new FormData(form));
      form.reset();
    } catch (error) {
      setProblem(describe(error));
    }
    setBusy(false);
  };
  return (
    <form class="creation" aria-labelledby={id} onSubmit={submit}>
      <h2 id={id}>{heading}</h2>
      <div class="row">
        {children}
        <button type="submit" disabled={isBusy}>
          {texts.create}
        </button>
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
