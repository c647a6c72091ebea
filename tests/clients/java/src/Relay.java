import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Passes the bytes of one connection on, until it is cut: so a client vanishes without DISCONNECT. */
final class Relay {
    private final ServerSocket listener;
    private volatile Socket device;
    private volatile Socket service;

    Relay(String host, int port) throws IOException {
        listener = new ServerSocket(0, 1, InetAddress.getByName("localhost"));
        start(() -> {
            device = listener.accept();
            service = new Socket(host, port);
            start(() -> pass(service, device));
            pass(device, service);
        });
    }

    int port() {
        return listener.getLocalPort();
    }

    void cut() throws IOException {
        service.close();
        device.close();
        listener.close();
    }

    private static void pass(Socket from, Socket to) throws IOException {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        in.transferTo(out);
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException cut) {
                // The relay was cut: what it is for.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}
