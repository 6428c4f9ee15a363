/** What `curl HOST/` shows: enough to begin. */
export function usage(publicUrl: string): string {
  return `Mayfly keeps things for a while.

  curl -T notes.txt ${publicUrl}/
  curl --data-binary @notes.txt ${publicUrl}/
  curl -F file=@notes.txt ${publicUrl}/
  date | curl -T - '${publicUrl}/?ttl=10m&max_reads=1'

API: ${publicUrl}/docs
`;
}
