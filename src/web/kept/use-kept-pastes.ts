import { useEffect, useState } from 'preact/hooks';
import { allPastes, type KeptPaste, watchPastes } from './pastes.ts';

/** The pastes of this browser, newest first, updated at every change; undefined until scripts run. */
export function useKeptPastes(): KeptPaste[] | undefined {
  const [pastes, setPastes] = useState<KeptPaste[]>();
  useEffect(() => {
    const read = () => setPastes(allPastes());
    read();
    return watchPastes(read);
  }, []);
  return pastes;
}
