package caffeine.cli.manual;

/**
 * Prints the option table for other programs: {@code man}, {@code bash} or {@code zsh}. A main
 * class that only the build starts.
 */
final class OptionText {

    private OptionText() {}

    public static void main(String[] form) {
        System.out.print(of(form.length == 1 ? form[0] : ""));
        System.out.flush();
    }

    static String of(String form) {
        return switch (form) {
            case "man" -> ManPage.text();
            case "bash" -> Completion.forBash();
            case "zsh" -> Completion.forZsh();
            default -> throw new IllegalArgumentException("forms: man, bash, zsh");
        };
    }
}
