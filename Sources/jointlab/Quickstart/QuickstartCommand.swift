import ArgumentParser
struct QuickstartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "quickstart", abstract: "See a whole lab run on this machine.")
    func run() async throws {}
}
