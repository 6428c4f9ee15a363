import { useEffect, useState } from 'preact/hooks';
import { allPastes, type KeptPaste, watchPastes } from './pastes.ts';

/** What was shared from this browser, newest first, as it is at any time; undefined until scripts run. */
export function useKeptPastes(): KeptPaste[] | undefined {
  const [pastes, setPastes] = useState<KeptPaste[]>();
  useEffect(() => {
    const read = () => setPastes(allPastes());
    read();
    return watchPastes(read);
  }, []);
  return pastes;
}
