/** The result of one check of `mayfly doctor`. */
export type Finding = {
  /** What was checked, in one or two words. */
  check: string;
  /** `skipped` if the check does not apply, or could not be made. */
  state: 'ok' | 'warning' | 'problem' | 'skipped';
  /** What was found, and for a warning or a problem what to do; one line. */
  message: string;
};

/** Makes the findings of one check. */
export function findingsOf(check: string) {
  const finding =
    (state: Finding['state']) =>
    (message: string): Finding => ({ check, state, message });
  return {
    ok: finding('ok'),
    warning: finding('warning'),
    problem: finding('problem'),
    skipped: finding('skipped'),
  };
}
