import type { Language } from './language.ts';

/** The words of the banner. */
export interface BannerWords {
  readonly ready: string;
  readonly deployment: string;
  readonly deploymentNone: string;
  readonly address: string;
  readonly ports: string;
  readonly guide: string;
  readonly console: string;
  readonly username: string;
  readonly usernameNone: string;
  readonly password: string;
  readonly passwordOnce: string;
  readonly passwordHidden: string;
  readonly ca: string;
  readonly caNone: string;
  readonly tryIt: string;
  readonly makeOne: string;
  readonly placeholder: string;
  readonly berthHere: string;
  /** That a name has to lead to an IP address; a line for the hosts file follows. */
  readonly resolves: (name: string, ip: string) => string;
  readonly stop: string;
}

export const bannerWords: Readonly<Record<Language, BannerWords>> = {
  en: {
    ready: 'Berth is ready.',
    deployment: 'Deployment',
    deploymentNone: '(the first one was deleted)',
    address: 'Address',
    ports: 'Ports',
    guide: 'Guide',
    console: 'REST',
    username: 'User name',
    usernameNone: 'none; this makes one and prints its password:',
    password: 'Password',
    passwordOnce: 'shown this once: keep it',
    passwordHidden: 'shown at the first start only, where Berth made it; a new one:',
    ca: 'CA file',
    caNone: '(none: clients use the trust store of their system)',
    tryIt: 'Try it, line by line, in another terminal:',
    makeOne: 'See the deployments or make one, in another terminal:',
    placeholder: 'PASSWORD',
    berthHere: '# Berth, in this folder',
    resolves: (name, ip) =>
      `The lines below need ${name} to lead to ${ip}. Where no DNS says so, a line in /etc/hosts does:`,
    stop: 'Ctrl-C stops the service.',
  },
  zh: {
    ready: 'Berth 已就绪。',
    deployment: '部署',
    deploymentNone: '（第一个部署已被删除）',
    address: '连接地址',
    ports: '端口',
    guide: '连接指引',
    console: 'REST',
    username: '用户名',
    usernameNone: '尚无；以下命令添加一个并显示其密码：',
    password: '密码',
    passwordOnce: '仅显示这一次，请妥善保存',
    passwordHidden: '仅在首次启动且由 Berth 生成时显示；设置新密码：',
    ca: 'CA 文件',
    caNone: '（无：客户端使用系统的信任库）',
    tryIt: '在另一个终端中逐行试用：',
    makeOne: '在另一个终端中查看或创建部署：',
    placeholder: '你的密码',
    berthHere: '# Berth（在本目录中）',
    resolves: (name, ip) => `以下各行要求 ${name} 解析到 ${ip}；DNS 中没有时，可在 /etc/hosts 中加入一行：`,
    stop: '按 Ctrl-C 停止服务。',
  },
};
