import type { Language } from '../../shell/text/language.ts';

type OpeningMessages = typeof english;

const english = {
  counted: (reads: number) =>
    reads === 1
      ? 'This can be read once more. Opening it uses up that read, and then it is deleted.'
      : `This can be read ${reads} more times. Opening it uses up one read.`,
  large: (size: string) => `This is encrypted and large. Opening it downloads ${size}.`,
  open: 'Open it',
  lastRead: 'That was the last read: this was deleted from the server. Only this page still has it.',
  loading: 'Loading…',
  decrypting: 'Decrypting…',
  needsScript: 'This is encrypted. Enable JavaScript to open it.',
  encryptedFile: 'Download the encrypted file',
  passwordLabel: 'Password',
  passwordNeeded: 'This is protected with a password. The password never leaves this page.',
  unlock: 'Unlock',
  showPassword: 'Show it',
  wrongPassword: 'The password or the link is wrong. Try again.',
  tryAgain: 'Try again',
  no_secret:
    'This is encrypted, and the link has no key. The key is the part after “#”: ask the sender for the whole link.',
  bad_secret:
    'The key in the link is incomplete. It has 43 characters after “#”: check that you copied the whole link.',
  wrong_key:
    'The key in the link is not the one that this was encrypted with. Ask the sender for the link again.',
  altered:
    'This was altered or damaged after it was encrypted, so none of it is shown. Ask the sender to share it again.',
  truncated: 'The end of this is missing, so none of it is shown. Ask the sender to share it again.',
  not_sealed: 'This is marked as encrypted, but this page does not know its format.',
  too_costly:
    'Opening this would keep your browser busy for too long: it asks for more than 2,000,000 iterations. Ask the sender to share it again.',
  insecure: 'Browsers decrypt only on pages that are loaded over HTTPS. Open this link with HTTPS.',
  gone: 'This no longer exists: it expired, or it was read or deleted in the meantime.',
  away: 'The server cannot be reached. Check your connection and try again.',
  refused: 'The server did not return it. Try again later.',
  broken_off: 'The connection broke during the read. The read was counted, so this may be deleted now.',
};

export const openingMessages: Record<Language, OpeningMessages> = {
  en: english,
  de: {
    counted: (reads) =>
      reads === 1
        ? 'Das kann noch einmal gelesen werden. Wenn Sie es öffnen, ist es danach weg.'
        : `Das kann noch ${reads} Mal gelesen werden. Öffnen verbraucht ein Mal davon.`,
    large: (size) => `Der Inhalt ist verschlüsselt und groß. Beim Öffnen werden ${size} geladen.`,
    open: 'Öffnen',
    lastRead:
      'Das war das letzte Mal: Auf dem Server ist der Inhalt jetzt gelöscht. Nur diese Seite hat ihn noch.',
    loading: 'Wird geladen …',
    decrypting: 'Wird entschlüsselt …',
    needsScript: 'Der Inhalt ist verschlüsselt. Zum Öffnen muss Ihr Browser Skripte ausführen.',
    encryptedFile: 'Verschlüsselt herunterladen',
    passwordLabel: 'Passwort',
    passwordNeeded: 'Der Inhalt ist mit einem Passwort geschützt. Es verlässt diese Seite nie.',
    unlock: 'Entsperren',
    showPassword: 'Anzeigen',
    wrongPassword: 'Das Passwort oder der Link stimmt nicht. Versuchen Sie es noch einmal.',
    tryAgain: 'Noch einmal versuchen',
    no_secret:
      'Der Inhalt ist verschlüsselt, und im Link fehlt der Schlüssel. Er steht hinter dem „#“: Fragen Sie nach dem ganzen Link.',
    bad_secret:
      'Der Schlüssel im Link ist unvollständig. Hinter dem „#“ stehen 43 Zeichen: Prüfen Sie, ob der ganze Link kopiert wurde.',
    wrong_key:
      'Mit dem Schlüssel in diesem Link wurde der Inhalt nicht verschlüsselt. Fragen Sie noch einmal nach dem Link.',
    altered:
      'Der Inhalt wurde nach dem Verschlüsseln verändert oder beschädigt. Nichts davon wird angezeigt.',
    truncated: 'Das Ende des Inhalts fehlt. Nichts davon wird angezeigt.',
    not_sealed: 'Der Inhalt gilt als verschlüsselt, hat aber keine Form, die diese Seite kennt.',
    too_costly:
      'Das Öffnen würde Ihren Browser zu lange beschäftigen: Es verlangt mehr als 2.000.000 Iterationen. Bitten Sie darum, es noch einmal zu teilen.',
    insecure: 'Browser entschlüsseln nur auf Seiten, die über HTTPS kommen. Öffnen Sie den Link über HTTPS.',
    gone: 'Der Inhalt ist weg: abgelaufen, oder inzwischen gelesen oder gelöscht.',
    away: 'Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
    refused: 'Der Server hat den Inhalt nicht herausgegeben. Versuchen Sie es später noch einmal.',
    broken_off:
      'Beim Lesen ist die Verbindung abgebrochen. Das Lesen ist gezählt, der Inhalt vielleicht jetzt weg.',
  },
  es: {
    counted: (reads) =>
      reads === 1
        ? 'Esto se puede leer una vez más. Al abrirlo se gasta esa lectura y desaparece.'
        : `Esto se puede leer ${reads} veces más. Abrirlo gasta una.`,
    large: (size) => `Está cifrado y es grande. Al abrirlo se cargan ${size}.`,
    open: 'Abrir',
    lastRead: 'Era la última lectura: ya no está en el servidor. Solo lo conserva esta página.',
    loading: 'Cargando…',
    decrypting: 'Descifrando…',
    needsScript: 'Está cifrado. Su navegador debe ejecutar scripts para abrirlo.',
    encryptedFile: 'Descargar cifrado',
    passwordLabel: 'Contraseña',
    passwordNeeded: 'Quien lo compartió puso una contraseña. Nunca sale de esta página.',
    unlock: 'Desbloquear',
    showPassword: 'Mostrar',
    wrongPassword: 'La contraseña o el enlace no es correcto. Inténtelo de nuevo.',
    tryAgain: 'Intentar de nuevo',
    no_secret:
      'Está cifrado y al enlace le falta la clave. Es lo que va después de «#»: pida el enlace completo.',
    bad_secret:
      'La clave del enlace está incompleta. Son 43 caracteres después de «#»: compruebe que se copió todo el enlace.',
    wrong_key: 'La clave del enlace no es aquella con la que se cifró. Pida el enlace otra vez.',
    altered: 'Se alteró o se dañó después de cifrarse, así que no se muestra nada.',
    truncated: 'Falta el final, así que no se muestra nada.',
    not_sealed: 'Dice estar cifrado, pero no tiene una forma que esta página conozca.',
    too_costly:
      'Abrirlo ocuparía su navegador demasiado tiempo: pide más de 2.000.000 de iteraciones. Pida que se lo compartan de nuevo.',
    insecure: 'Los navegadores solo descifran en páginas que llegan por HTTPS. Abra este enlace por HTTPS.',
    gone: 'Ya no está: ha caducado, o entretanto se leyó o se eliminó.',
    away: 'No se puede conectar con el servidor. Compruebe su conexión e inténtelo de nuevo.',
    refused: 'El servidor no lo ha entregado. Inténtelo más tarde.',
    broken_off: 'La conexión se cortó durante la lectura. La lectura cuenta, así que quizá ya no esté.',
  },
  fr: {
    counted: (reads) =>
      reads === 1
        ? 'Ce contenu peut être lu encore une fois. L’ouvrir consomme cette lecture, puis il disparaît.'
        : `Ce contenu peut être lu encore ${reads} fois. L’ouvrir en consomme une.`,
    large: (size) => `Le contenu est chiffré et volumineux. L’ouvrir charge ${size}.`,
    open: 'Ouvrir',
    lastRead:
      'C’était la dernière lecture : le contenu n’est plus sur le serveur. Seule cette page l’a encore.',
    loading: 'Chargement…',
    decrypting: 'Déchiffrement…',
    needsScript: 'Le contenu est chiffré. Votre navigateur doit exécuter des scripts pour l’ouvrir.',
    encryptedFile: 'Télécharger la version chiffrée',
    passwordLabel: 'Mot de passe',
    passwordNeeded: 'La personne qui partage ceci a choisi un mot de passe. Il ne quitte jamais cette page.',
    unlock: 'Déverrouiller',
    showPassword: 'Afficher',
    wrongPassword: 'Le mot de passe ou le lien n’est pas le bon. Réessayez.',
    tryAgain: 'Réessayer',
    no_secret:
      'Le contenu est chiffré et le lien n’a pas de clé. C’est la partie après « # » : demandez le lien entier.',
    bad_secret:
      'La clé du lien est incomplète. Elle compte 43 caractères après « # » : vérifiez que tout le lien a été copié.',
    wrong_key: 'La clé du lien n’est pas celle du chiffrement. Demandez à nouveau le lien.',
    altered: 'Le contenu a été modifié ou endommagé après le chiffrement : rien n’en est affiché.',
    truncated: 'La fin du contenu manque : rien n’en est affiché.',
    not_sealed: 'Le contenu se dit chiffré, mais n’a aucune forme que cette page connaisse.',
    too_costly:
      'L’ouvrir occuperait votre navigateur trop longtemps : plus de 2 000 000 d’itérations sont demandées. Demandez un nouveau partage.',
    insecure: 'Les navigateurs ne déchiffrent que sur des pages reçues par HTTPS. Ouvrez ce lien par HTTPS.',
    gone: 'Le contenu a disparu : expiré, ou lu ou supprimé entre-temps.',
    away: 'Le serveur est injoignable. Vérifiez votre connexion et réessayez.',
    refused: 'Le serveur n’a pas remis le contenu. Réessayez plus tard.',
    broken_off:
      'La connexion s’est interrompue pendant la lecture. Celle-ci est comptée : le contenu a peut-être disparu.',
  },
  ja: {
    counted: (reads) =>
      reads === 1
        ? 'あと1回だけ読めます。開くとその1回を使い、削除されます。'
        : `あと${reads}回読めます。開くと1回分を使います。`,
    large: (size) => `暗号化された大きな内容です。開くと${size}を読み込みます。`,
    open: '開く',
    lastRead: '最後の1回でした。サーバーからは削除され、このページだけに残っています。',
    loading: '読み込み中…',
    decrypting: '復号中…',
    needsScript: '暗号化されています。開くにはブラウザーでスクリプトを有効にしてください。',
    encryptedFile: '暗号化されたままダウンロード',
    passwordLabel: 'パスワード',
    passwordNeeded: 'パスワードが設定されています。入力したパスワードはこのページの外に送られません。',
    unlock: 'ロックを解除',
    showPassword: '表示する',
    wrongPassword: 'パスワードかリンクが正しくありません。もう一度お試しください。',
    tryAgain: 'もう一度試す',
    no_secret:
      '暗号化されていますが、リンクに鍵がありません。鍵は「#」より後の部分です。リンク全体をもらってください。',
    bad_secret:
      'リンクの鍵が途中で切れています。「#」の後に43文字あります。リンク全体がコピーされているか確認してください。',
    wrong_key: 'リンクの鍵が、暗号化に使われたものと違います。もう一度リンクをもらってください。',
    altered: '暗号化の後に変更されたか壊れているため、何も表示しません。',
    truncated: '最後の部分が欠けているため、何も表示しません。',
    not_sealed: '暗号化されているはずですが、このページの知らない形式です。',
    too_costly:
      '開くのに時間がかかりすぎます。2,000,000回を超える反復が必要です。もう一度共有してもらってください。',
    insecure: 'ブラウザーはHTTPSのページでしか復号できません。HTTPSでリンクを開いてください。',
    gone: 'もうありません。期限が切れたか、その間に読まれたか、削除されました。',
    away: 'サーバーに接続できません。接続を確認して、もう一度お試しください。',
    refused: 'サーバーが内容を渡しませんでした。しばらくしてからもう一度お試しください。',
    broken_off: '読み取り中に接続が切れました。1回分が使われたため、もう残っていないかもしれません。',
  },
  pt: {
    counted: (reads) =>
      reads === 1
        ? 'Isto pode ser lido mais uma vez. Abrir gasta essa leitura, e depois o conteúdo some.'
        : `Isto pode ser lido mais ${reads} vezes. Abrir gasta uma.`,
    large: (size) => `Está criptografado e é grande. Abrir carrega ${size}.`,
    open: 'Abrir',
    lastRead: 'Era a última leitura: não está mais no servidor. Só esta página ainda tem o conteúdo.',
    loading: 'Carregando…',
    decrypting: 'Descriptografando…',
    needsScript: 'Está criptografado. Para abrir, seu navegador precisa executar scripts.',
    encryptedFile: 'Baixar criptografado',
    passwordLabel: 'Senha',
    passwordNeeded: 'Quem compartilhou definiu uma senha. Ela nunca sai desta página.',
    unlock: 'Desbloquear',
    showPassword: 'Mostrar',
    wrongPassword: 'A senha ou o link não está certo. Tente de novo.',
    tryAgain: 'Tentar de novo',
    no_secret: 'Está criptografado, e falta a chave no link. É a parte depois de “#”: peça o link completo.',
    bad_secret:
      'A chave no link está incompleta. São 43 caracteres depois de “#”: confira se o link inteiro foi copiado.',
    wrong_key: 'A chave no link não é a que foi usada para criptografar. Peça o link outra vez.',
    altered: 'Foi alterado ou danificado depois de criptografado, por isso nada é mostrado.',
    truncated: 'Falta o fim, por isso nada é mostrado.',
    not_sealed: 'Diz estar criptografado, mas não tem uma forma que esta página conheça.',
    too_costly:
      'Abrir isto ocuparia seu navegador por tempo demais: são exigidas mais de 2.000.000 de iterações. Peça que compartilhem de novo.',
    insecure: 'Os navegadores só descriptografam em páginas que chegam por HTTPS. Abra este link por HTTPS.',
    gone: 'Não existe mais: expirou, ou nesse meio-tempo foi lido ou excluído.',
    away: 'Não foi possível acessar o servidor. Verifique sua conexão e tente de novo.',
    refused: 'O servidor não entregou o conteúdo. Tente de novo mais tarde.',
    broken_off: 'A conexão caiu durante a leitura. A leitura conta, por isso talvez não exista mais.',
  },
};
