() => sessionStorage.getItem('lifelong.truth')
