import { useEffect, useState } from 'preact/hooks';

/** A QR code, black on white in every theme, since scanners expect that. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [rows, setRows] = useState<boolean[][]>();
  useEffect(() => {
    let isCurrent = true;
    import('./qr-matrix.ts').then(({ qrMatrix }) => isCurrent && setRows(qrMatrix(text)));
    return () => {
      isCurrent = false;
    };
  }, [text]);
  const size = rows?.length ?? 1;
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      {rows && <path d={pathOf(rows)} fill="#000" />}
    </svg>
  );
}

function pathOf(rows: boolean[][]): string {
  const modules = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')));
  return modules.join('');
}
