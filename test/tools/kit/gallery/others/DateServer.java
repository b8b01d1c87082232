// Right: a thread for each client; the date as Java writes it. One answer for each client.
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Date;

public class DateServer {
    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        try (ServerSocket welcoming = new ServerSocket(port, 128, InetAddress.getLoopbackAddress())) {
            while (true) {
                Socket client = welcoming.accept();
                new Thread(() -> converse(client)).start();
            }
        }
    }

    private static void converse(Socket client) {
        try (client) {
            if (client.getInputStream().read(new byte[1024]) < 0) return;
            client.getOutputStream().write((new Date() + "\n").getBytes());
        } catch (IOException error) {
            System.err.println("DateServer: " + error.getMessage());
        }
    }
}
