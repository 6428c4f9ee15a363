import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages } from '../../shell/reader.ts';
import { useAction } from '../../shell/use-action.ts';
import { useDescribe } from '../account-context.ts';
import { accountMessages } from '../messages.ts';

type CreationProps = {
  heading: string;
  /** Creates an entry from the fields. If it rejects, the error is shown below them. */
  onCreate: (fields: FormData) => Promise<void>;
  children: ComponentChildren;
};

/** A small form that creates an entry of a list. It is reset after a success. */
export function CreationForm({ heading, onCreate, children }: CreationProps) {
  const texts = useMessages(accountMessages);
  const id = useId();
  const { run, isBusy, errorMessage } = useAction(useDescribe());
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void run(async () => {
      await onCreate(new FormData(form));
      form.reset();
    });
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
      <ErrorMessage text={errorMessage} />
    </form>
  );
}
