import { essenceOf, isScript } from '../coding/media-type.ts';

/**
 * Types that guests may not upload, because attackers use them for phishing and malware: pages, scripts and programs
 * (docs/contract/putput.md, "Guests"). `application/octet-stream` is allowed: many harmless files have only this type.
 */
const refused = new Set([
  'text/html',
  'application/xhtml+xml',
  'text/xml',
  'application/xml',
  'text/vbscript',
  'text/x-python',
  'text/x-script.python',
  'application/x-python',
  'application/x-python-code',
  'text/x-perl',
  'application/x-perl',
  'application/x-ruby',
  'text/x-ruby',
  'application/x-tcl',
  'text/x-php',
  'text/x-sh',
  'text/x-shellscript',
  'application/x-sh',
  'application/x-shellscript',
  'application/x-csh',
  'application/x-bat',
  'application/x-msdos-program',
  'application/x-msdownload',
  'application/x-dosexec',
  'application/x-executable',
  'application/x-elf',
  'application/x-mach-binary',
  'application/x-pie-executable',
  'application/x-sharedlib',
  'application/x-ms-installer',
  'application/x-msi',
  'application/vnd.microsoft.portable-executable',
  'application/vnd.android.package-archive',
  'application/java-archive',
  'application/x-java-archive',
  'application/x-apple-diskimage',
  'application/x-powershell',
  'application/x-php',
  'application/x-httpd-php',
  'application/hta',
  'application/x-shockwave-flash',
]);

export function isRefusedToGuests(mediaType: string): boolean {
  return isScript(mediaType) || refused.has(essenceOf(mediaType) ?? '');
}
