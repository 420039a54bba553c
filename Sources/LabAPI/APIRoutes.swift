import HTTPTypes
package import Hummingbird
package import Transport

/// The routes of a server as they are put together, with their descriptions.
package struct APIRoutes {
    package let router: Router<LabContext>
    package private(set) var operations: [APIOperation] = []
    private let signed: RouterGroup<LabContext>

    /// - Parameter authentication: Stands before every operation that is to be signed.
    package init(authentication: AuthenticationMiddleware) {
        router = Router(context: LabContext.self)
        router.add(middleware: ProblemMiddleware())
        signed = router.group().add(middleware: authentication)
    }

    package mutating func add(
        _ operation: APIOperation,
        _ handle: @escaping @Sendable (Request, LabContext) async throws -> Response
    ) {
        operations.append(operation)
        // A tile's path has as many parts as its index needs.
        let path = RouterPath(operation.path.replacing("{path}", with: "**"))
        switch operation.access {
        case .open: router.on(path, method: operation.method, use: handle)
        case .signed: signed.on(path, method: operation.method, use: handle)
        }
    }
}
