import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManagerFactory;

/** What the program is told; a flat JSON object of strings and one number. */
record Settings(
        String host,
        String address,
        int port,
        String transport,
        String version,
        String ca,
        String username,
        String password,
        String prefix) {

    static Settings parse(String json) {
        return new Settings(
                text(json, "host"),
                text(json, "address"),
                Integer.parseInt(field(json, "port", "(\\d+)")),
                text(json, "transport"),
                text(json, "version"),
                text(json, "ca"),
                text(json, "username"),
                text(json, "password"),
                text(json, "prefix"));
    }

    /**
     * The deployment's own name at the host's IP address: Java sends no SNI for a name without a dot, such as localhost,
     * and a name below localhost does not resolve on every system.
     */
    InetSocketAddress serverAddress(int atPort) throws Exception {
        byte[] ip = InetAddress.getByName(host).getAddress();
        return new InetSocketAddress(InetAddress.getByAddress(address, ip), atPort);
    }

    /** Trusts the CA file and nothing else. */
    TrustManagerFactory trust() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(Path.of(ca))) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    private static String text(String json, String name) {
        return field(json, name, "\"((?:[^\"\\\\]|\\\\.)*)\"").replace("\\/", "/").replace("\\\"", "\"").replace("\\\\", "\\");
    }

    private static String field(String json, String name, String value) {
        Matcher matcher = Pattern.compile("\"" + name + "\"\\s*:\\s*" + value).matcher(json);
        if (!matcher.find()) throw new IllegalArgumentException(name + " is missing");
        return matcher.group(1);
    }
}
