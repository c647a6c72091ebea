import type { SampleLanguage } from '../../../packages/samples/mod.ts';
import type { GuideLanguage } from './language.ts';

/** What the frame of a page says; what a page says stands in `docs/`. */
export interface Words {
  readonly guide: string;
  readonly skip: string;
  readonly contents: string;
  readonly onThisPage: string;
  readonly previous: string;
  readonly next: string;
  readonly pages: string;
  readonly copy: string;
  readonly copied: string;
  readonly noTranslation: string;
  readonly box: {
    readonly title: string;
    readonly unknown: string;
    readonly chosen: (id: string) => string;
    readonly address: string;
    readonly here: (name: string) => string;
    readonly type: string;
    readonly types: { readonly serverless: string; readonly dedicated: string };
    readonly ports: string;
    readonly tls: string;
    readonly wss: string;
    readonly tcp: string;
    readonly ws: string;
    readonly ca: string;
    readonly noCa: string;
    readonly fingerprint: string;
    readonly noSecrets: string;
    readonly other: string;
    readonly field: string;
    readonly show: string;
  };
  readonly sample: {
    readonly introduction: string;
    readonly tested: Readonly<Record<SampleLanguage['tested'], string>>;
    readonly password: string;
    readonly commands: string;
    readonly run: string;
    readonly download: string;
    readonly overWebSocket: string;
  };
  readonly missing: {
    readonly title: string;
    readonly text: string;
    readonly noDeployment: string;
    readonly deployment: (given: string) => string;
    readonly deploymentHelp: string;
    readonly back: string;
  };
}

export const words: Readonly<Record<GuideLanguage, Words>> = {
  en: {
    guide: 'Connection guide',
    skip: 'Skip to content',
    contents: 'Contents',
    onThisPage: 'On this page',
    previous: 'Previous',
    next: 'Next',
    pages: 'Pages',
    copy: 'Copy',
    copied: 'Copied',
    noTranslation: 'This page exists in English only.',
    box: {
      title: 'Your deployment',
      unknown:
        'Give the address of your deployment, and it stands in every command of this guide. Until then ADDRESS stands for it.',
      chosen: (id) => `Shown for the deployment ${id}.`,
      address: 'Address',
      here: (name) => `on the machine of the service: ${name}`,
      type: 'Type',
      types: { serverless: 'serverless', dedicated: 'dedicated' },
      ports: 'Ports',
      tls: 'MQTT over TLS',
      wss: 'WebSocket over TLS, path /mqtt',
      tcp: 'MQTT over TCP, not encrypted',
      ws: 'WebSocket, not encrypted, path /mqtt',
      ca: 'CA file',
      noCa: 'none: clients use the trust store of their system',
      fingerprint: 'SHA-256',
      noSecrets: 'User name and password are not shown here: they were told when they were made.',
      other: 'Another deployment',
      field: 'Address or id of the deployment',
      show: 'Show',
    },
    sample: {
      introduction: 'Address, ports and CA are those of the box above; only the settings at the top are changed.',
      tested: {
        run: 'The tests of Berth run this file against the service.',
        host: "The tests of Berth run this file against the service on a computer, with stand-ins for the board's API; it was not run on a board.",
        jvm: 'The tests of Berth run this file against the service on a plain JVM; it was not run on Android.',
        parsed: 'The tests of Berth check the syntax of this file only: no compiler has seen it, and it was not run.',
      },
      password: 'User name and password are yours to fill in.',
      commands: 'Save the files and ca.crt in one folder, fill in the password, and run there:',
      run: 'How to run it, and how it is tested',
      download: 'Download',
      overWebSocket: 'To use WebSocket (port 8084) instead of port 8883, change tls to wss in the settings.',
    },
    missing: {
      title: 'There is no such page',
      text: 'The guide has no page at this address.',
      noDeployment: 'There is no such deployment',
      deployment: (given) => `There is no deployment with the address or id “${given}” here.`,
      deploymentHelp: 'Copy the address from “berth deployment show NAME”, or ask the operator for it.',
      back: 'To the beginning of the guide',
    },
  },
  'zh-CN': {
    guide: '连接指引',
    skip: '跳到正文',
    contents: '目录',
    onThisPage: '本页内容',
    previous: '上一页',
    next: '下一页',
    pages: '翻页',
    copy: '复制',
    copied: '已复制',
    noTranslation: '本页只有英文版。',
    box: {
      title: '您的部署',
      unknown: '填入部署的连接地址后，本指引的所有命令都会使用它；在此之前用 ADDRESS 表示。',
      chosen: (id) => `当前显示的部署：${id}。`,
      address: '连接地址',
      here: (name) => `在服务所在的机器上：${name}`,
      type: '部署类型',
      types: { serverless: 'Serverless', dedicated: '专有版' },
      ports: '端口',
      tls: 'MQTT over TLS',
      wss: 'WebSocket over TLS，路径 /mqtt',
      tcp: 'MQTT over TCP，未加密',
      ws: 'WebSocket，未加密，路径 /mqtt',
      ca: 'CA 文件',
      noCa: '无：客户端使用系统的信任库',
      fingerprint: 'SHA-256',
      noSecrets: '此处不显示用户名和密码：创建时已经告知。',
      other: '查看其他部署',
      field: '部署的连接地址或 ID',
      show: '显示',
    },
    sample: {
      introduction: '地址、端口和 CA 与上方一致；只改动了开头的设置。',
      tested: {
        run: 'Berth 的测试会连接真实服务运行该文件。',
        host: 'Berth 的测试在计算机上用代替开发板 API 的头文件编译该文件，并连接真实服务运行；没有在开发板上运行过。',
        jvm: 'Berth 的测试在普通 JVM 上连接真实服务运行该文件；没有在 Android 上运行过。',
        parsed: 'Berth 的测试只检查该文件的语法：没有经过编译器，也没有运行过。',
      },
      password: '请自行填写用户名和密码。',
      commands: '把这些文件和 ca.crt 保存在同一目录中，填写密码，然后在该目录中执行：',
      run: '如何运行，以及如何测试',
      download: '下载',
      overWebSocket: '如需用 WebSocket（端口 8084）代替端口 8883，请把设置中的 tls 改为 wss。',
    },
    missing: {
      title: '没有这个页面',
      text: '连接指引中没有该地址对应的页面。',
      noDeployment: '没有这个部署',
      deployment: (given) => `这里没有地址或 ID 为“${given}”的部署。`,
      deploymentHelp: '请从 berth deployment show NAME 的输出中复制连接地址，或向运维人员索取。',
      back: '返回指引首页',
    },
  },
};
