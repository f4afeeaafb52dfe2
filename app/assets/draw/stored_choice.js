() => JSON.parse(sessionStorage.getItem('lifelong.choice') ?? 'null')
