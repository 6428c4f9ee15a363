/**
 * Loads the questions for a terminal. Ctrl-D cancels one, as Ctrl-C does: otherwise the terminal would show what is typed
 * next, and the command would wait forever.
 */
export async function loadPrompts() {
  const prompts = await import('@clack/prompts');
  prompts.updateSettings({ aliases: { '\u0004': 'cancel' } });
  return prompts;
}
